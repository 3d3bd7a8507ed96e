import { SelfCheckFailedError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { PackKind } from '../format/names.ts'
import type { Session } from '../format/session-entry.ts'
import { newUlid, ulidToBytes } from '../format/ulid.ts'
import { openPackRecord } from '../read/open-record.ts'
import type { Permit } from './byte-budget.ts'
import { type FinishedPack, PackBuilder, type PlainRecord } from './pack-builder.ts'
import { putOnce } from './put-once.ts'

/** Fills packs of one kind for one job and sends them. */
export class PackWriter {
  readonly #engine: Engine
  readonly #kind: PackKind
  readonly #onSent: (pack: FinishedPack) => void
  readonly #unsubscribe: () => void
  readonly #sending = new Set<Promise<void>>()
  #open: { builder: PackBuilder; session: Session; permits: Permit[] } | undefined
  #idle: NodeJS.Timeout | undefined
  #failure: unknown

  /** @param onSent called when the store acknowledged a pack and the local table knows it */
  constructor(engine: Engine, kind: PackKind, onSent: (pack: FinishedPack) => void) {
    this.#engine = engine
    this.#kind = kind
    this.#onSent = onSent
    this.#unsubscribe = engine.budget.onPressure(() => this.#close())
  }

  /**
   * @param permit at least as many bytes as the record; released when its pack was sent
   * @returns ulid of the pack that will hold the record
   */
  add(record: PlainRecord, permit?: Permit): string {
    if (this.#failure) throw this.#failure
    this.#open ??= this.#begin()
    const { builder, permits } = this.#open
    const size = builder.add(record)
    if (permit) {
      permits.push(permit)
      permit.shrink(size)
    }
    clearTimeout(this.#idle)
    if (builder.size >= this.#engine.tuning.packTarget) this.#close()
    else {
      this.#idle = setTimeout(() => this.#close(), this.#engine.tuning.packIdle).unref()
      // Last, because it may find that only this pack can make room, and close it.
      permit?.park()
    }
    return builder.ulid
  }

  /** Sends what is open and waits for everything on its way. */
  async flush(): Promise<void> {
    this.#close()
    while (this.#sending.size > 0) await Promise.all(this.#sending)
    if (this.#failure) throw this.#failure
  }

  /** Drops what is open, waits for what is on its way. */
  async abandon(): Promise<void> {
    clearTimeout(this.#idle)
    this.#unsubscribe()
    for (const permit of this.#open?.permits ?? []) permit.release()
    this.#open = undefined
    while (this.#sending.size > 0) await Promise.all(this.#sending)
  }

  #begin() {
    const { keys, clock, random, epoch } = this.#engine
    const session: Session = {
      id: ulidToBytes(newUlid(clock, random)),
      salt: random.bytes(32),
      epoch,
      kind: this.#kind,
    }
    return { builder: new PackBuilder(keys, session), session, permits: [] as Permit[] }
  }

  #close(): void {
    clearTimeout(this.#idle)
    const open = this.#open
    if (!open) return
    this.#open = undefined
    for (const permit of open.permits) permit.unpark()
    const sending = this.#send(open.builder, open.session)
      .catch(error => {
        this.#failure ??= error
      })
      .finally(() => {
        for (const permit of open.permits) permit.release()
        this.#sending.delete(sending)
      })
    this.#sending.add(sending)
  }

  async #send(builder: PackBuilder, session: Session): Promise<void> {
    await this.#selfCheck(builder, session)
    const pack = builder.finish()
    await putOnce(this.#engine.store, pack.key, pack.parts)
    this.#engine.index.addPack(pack)
    this.#onSent(pack)
  }

  /** A flipped bit in memory would otherwise be sealed, sent and found at the restore. */
  async #selfCheck(builder: PackBuilder, session: Session): Promise<void> {
    for (let i = 0; i < builder.records.length; i += this.#engine.tuning.selfCheckEvery) {
      const entry = builder.records[i]
      if (!entry) return
      try {
        await openPackRecord(this.#engine.keys, builder.ulid, entry, session, builder.record(i))
      } catch (error) {
        throw new SelfCheckFailedError(error)
      }
    }
  }
}
