// Files that a run writes besides the model. Whether they can be written is known before it begins; a disk that fills up meanwhile
// costs the file and never the model.
import { checkWritable, saveText, warnUnwritten } from '../onnx/write-file.js';
import { trainingCurves } from './curves.js';
import type { TrainingReport } from './events.js';
import type { CompleteTrainingSettings } from './options.js';

type Outputs = Pick<CompleteTrainingSettings, 'checkpoint' | 'curves'>;

/** Throws KPT_FILE_WRITE. */
export async function checkOutputs({ checkpoint, curves }: Outputs): Promise<void> {
  for (const path of [checkpoint?.path, curves]) if (path !== undefined) await checkWritable(path);
}

/** Writes the curves, where they are asked for. */
export async function writeCurves(
  title: string,
  report: TrainingReport,
  { curves, optimizer, schedule, batch, seed }: CompleteTrainingSettings & { readonly batch: number },
): Promise<void> {
  if (curves === undefined) return;
  const page = trainingCurves(title, report, [
    ['optimiser', optimizer.name],
    ['schedule', schedule.name],
    ['batch', String(batch)],
    ['seed', String(seed)],
  ]);
  await saveText(curves, page).catch(warnUnwritten);
}
