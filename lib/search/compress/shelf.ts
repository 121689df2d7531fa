// The files of candidates, in a folder: a search tries more models than memory holds, and keeps any of them in the end.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KompaktError, systemReason } from '../../errors.js';
import { Model } from '../../model/model.js';
import { makeFolder } from '../../onnx/make-folder.js';
import { writeFileAtomically } from '../../onnx/write-file.js';
import { sha256Of } from './measure.js';

export class Shelf {
  private constructor(
    readonly folder: string,
    private readonly temporary: boolean,
  ) {}

  /** In `folder`, which stays; or, when it is null, in one that release() removes. Throws KPT_FILE_WRITE. */
  static async open(folder: string | null): Promise<Shelf> {
    if (folder !== null) {
      makeFolder(folder);
      return new Shelf(folder, false);
    }
    const made = mkdtemp(join(tmpdir(), 'kompakt-')).catch((error) => {
      const path = tmpdir();
      throw new KompaktError(
        'KPT_FILE_WRITE',
        `The folder '${path}' cannot be written${systemReason(error)}.`,
        { path },
        error,
      );
    });
    return new Shelf(await made, true);
  }

  #path = (digest: string): string => join(this.folder, `${digest}.onnx`);

  async put(digest: string, bytes: Uint8Array): Promise<void> {
    await writeFileAtomically(this.#path(digest), bytes);
  }

  async has(digest: string): Promise<boolean> {
    return (await this.#read(digest)) !== undefined;
  }

  /** undefined when it is not there. */
  async get(digest: string): Promise<Model | undefined> {
    const bytes = await this.#read(digest);
    return bytes === undefined ? undefined : Model.load(bytes);
  }

  /** A file that was damaged or exchanged is not that model: it counts as absent. */
  async #read(digest: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(this.#path(digest)).catch(() => undefined);
    return bytes !== undefined && sha256Of(bytes) === digest ? bytes : undefined;
  }

  async release(): Promise<void> {
    if (this.temporary) await rm(this.folder, { recursive: true, force: true });
  }
}
