import { XapiError } from '../../xapi/errors.ts'
import type { Ref } from '../../xapi/records/index.ts'
import type { HandlerContext } from '../context.ts'

/** Everything one import is about. */
export interface ImportJob {
  context: HandlerContext
  /** Where the disks go. */
  sr: Ref
  /** `restore=true`: uuids and MACs are kept, an older VM of that uuid is replaced. */
  restore: boolean
  force: boolean
}

/** Objects of the archive by `Ref:n`, and what has to be undone when the import fails. */
export class ImportedObjects {
  readonly #refs = new Map<string, Ref>()
  readonly #undo: (() => void)[] = []
  readonly vms: Ref[] = []
  /** Disks whose data is in the archive. */
  readonly disks: { directory: string; vdi: Ref; size: number }[] = []

  set(id: string, ref: Ref): void {
    this.#refs.set(id, ref)
  }

  /** The local object, or the null reference for one that is not there. */
  find(id: string): Ref {
    return this.#refs.get(id) ?? 'OpaqueRef:NULL'
  }

  /** @throws IMPORT_ERROR_FAILED_TO_FIND_OBJECT */
  get(id: string): Ref {
    const ref = this.#refs.get(id)
    if (ref === undefined) throw new XapiError('IMPORT_ERROR_FAILED_TO_FIND_OBJECT', id)
    return ref
  }

  onFailure(undo: () => void): void {
    this.#undo.push(undo)
  }

  /** Removes what was made, the newest first. */
  undo(): void {
    for (const step of this.#undo.reverse()) step()
  }
}
