// What is said of a sample that has no label where one is needed: how it gets one.
import { KompaktError } from '../errors.js';

/** `sample`: its name. Throws KPT_INPUT_MISSING. */
export function missingLabel(sample: string, what: string): never {
  throw new KompaktError(
    'KPT_INPUT_MISSING',
    `Sample ${sample} has no label, and ${what} needs one. Labels come from idx:IMAGES,LABELS, from cifar:FILE, from an array 'label' in npz:FILE, and for images:FOLDER and wav:FOLDER from sub-folders, one a class, or from numbers that file names begin with; in code from the field label.`,
    { sample },
  );
}
