// Hyperband (Li et al. 2018, JMLR 18(185), algorithm 1): brackets of successive halving that begin at different rungs, because
// nobody knows how early a trial can be told from a better one. We differ in one point: the number of trials is given, and is
// shared among the brackets in the paper's proportions.
import { bracketOf, type RungPlan, rungCount } from './plan.js';

export const hyperband: RungPlan = {
  name: 'hyperband',
  summary: 'brackets of halving that begin at different rungs',
  brackets(settings) {
    const most = rungCount(settings);
    // n of the paper for s = most - 1 ... 0: the bracket with s + 1 rungs.
    const shares = Array.from({ length: most }, (_, i) => {
      const s = most - 1 - i;
      return Math.ceil((most / (s + 1)) * settings.eta ** s);
    });
    const all = shares.reduce((sum, share) => sum + share, 0);
    let before = 0;
    let given = 0;
    return shares.flatMap((share, i) => {
      before += share;
      const trials = Math.round((settings.trials * before) / all) - given;
      given += trials;
      return trials === 0 ? [] : [bracketOf({ ...settings, trials }, most - i)];
    });
  },
};
