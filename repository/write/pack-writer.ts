import { SelfCheckFailedError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import type { PackKind } from '../format/names.ts'
import type { Session } from '../format/session-entry.ts'
import { newUlid, ulidToBytes } from '../format/ulid.ts'
import { verifyPackRecord } from '../read/open-record.ts'
import type { Permit } from './byte-budget.ts'
import {
  type FinishedPack,
  PackBuilder,
  type PlainRecord,
  type SealedRecord,
} from './pack-builder.ts'
import { putOnce } from './put-once.ts'

interface OpenPack {
  builder: PackBuilder
  permits: Permit[]
  /** places given out whose records are not there yet, and the plaintext of these in bytes */
  awaited: number
  awaitedBytes: number
  /** called when the pack is closed and nothing is awaited any more */
  complete: (() => void) | undefined
}

/** A place in a pack for a record that is still to be sealed: what it takes to seal it. End it by `fill` or `leave`, once. */
export interface Place {
  /** of the pack that will hold the record */
  ulid: string
  session: Session
  sessionKey: Uint8Array
  /** never given to anybody else in this session */
  sequence: number
  /** @param bytes the whole record; copied */
  fill(record: SealedRecord, bytes: Uint8Array, permit?: Permit): void
  /** The record will not come. */
  leave(): void
}

/** Fills packs of one kind for one job and sends them. */
export class PackWriter {
  readonly #engine: Engine
  readonly #kind: PackKind
  readonly #onSent: (pack: FinishedPack) => void
  readonly #signal: AbortSignal | undefined
  readonly #unsubscribe: () => void
  readonly #sending = new Set<Promise<void>>()
  #open: OpenPack | undefined
  #idle: NodeJS.Timeout | undefined
  #failure: unknown
  /** bytes of plaintext and of the records they became */
  readonly #seen = { plaintext: 1, sealed: 1 }

  /**
   * @param onSent called when the store acknowledged a pack and the local table knows it
   * @param signal packs that only wait to be sent are given up
   */
  constructor(
    engine: Engine,
    kind: PackKind,
    onSent: (pack: FinishedPack) => void,
    signal?: AbortSignal,
  ) {
    this.#signal = signal
    this.#engine = engine
    this.#kind = kind
    this.#onSent = onSent
    this.#unsubscribe = engine.budget.onPressure({
      size: () => this.#open?.builder.size ?? 0,
      close: () => this.#close(),
    })
  }

  /** Waits until few enough packs are on their way. @returns whether it had to wait */
  async room(): Promise<boolean> {
    let waited = false
    while (this.#sending.size >= this.#engine.tuning.packsAhead) {
      waited = true
      await Promise.race(this.#sending)
    }
    return waited
  }

  /**
   * @param permit at least as many bytes as the record; released when its pack was sent
   * @returns ulid of the pack that will hold the record
   */
  add(record: PlainRecord, permit?: Permit): string {
    if (this.#failure) throw this.#failure
    this.#open ??= this.#begin()
    const { builder } = this.#open
    this.#added(this.#open, builder.add(record), permit)
    return builder.ulid
  }

  /**
   * @param plaintextLength bytes
   * @returns a place in the pack that is open now; the pack is sent after it was filled or left
   */
  reserve(plaintextLength: number): Place {
    if (this.#failure) throw this.#failure
    if (this.#open && this.#isFull(this.#open)) this.#close()
    this.#open ??= this.#begin()
    const pack = this.#open
    const { builder } = pack
    pack.awaited++
    pack.awaitedBytes += plaintextLength
    const end = () => {
      pack.awaited--
      pack.awaitedBytes -= plaintextLength
    }
    return {
      ulid: builder.ulid,
      session: builder.session,
      sessionKey: builder.sessionKey,
      sequence: builder.nextSequence(),
      fill: (record, bytes, permit) => {
        end()
        this.#seen.plaintext += plaintextLength
        this.#seen.sealed += bytes.length
        this.#added(pack, builder.append(record, bytes), permit)
        this.#perhapsComplete(pack)
      },
      leave: () => {
        end()
        this.#perhapsComplete(pack)
      },
    }
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
    this.#open?.builder.release(true)
    this.#open = undefined
    while (this.#sending.size > 0) await Promise.all(this.#sending)
  }

  #begin(): OpenPack {
    const { keys, clock, random, epoch, buffers, tuning } = this.#engine
    const session: Session = {
      id: ulidToBytes(newUlid(clock, random)),
      salt: random.bytes(32),
      epoch,
      kind: this.#kind,
    }
    const builder = new PackBuilder(keys, session, buffers, tuning.packBlock)
    return { builder, permits: [], awaited: 0, awaitedBytes: 0, complete: undefined }
  }

  /** @param size bytes that were added to the pack */
  #added(pack: OpenPack, size: number, permit: Permit | undefined): void {
    if (permit) {
      pack.permits.push(permit)
      permit.shrink(size)
    }
    if (pack !== this.#open) return
    clearTimeout(this.#idle)
    if (this.#isFull(pack)) {
      this.#close()
      return
    }
    this.#idle = setTimeout(() => this.#close(), this.#engine.tuning.packIdle).unref()
    // Last, because it may find that only this pack can make room, and close it.
    permit?.park()
  }

  /** With what is still to come, if it compresses as what came before. */
  #isFull({ builder, awaitedBytes }: OpenPack): boolean {
    const { plaintext, sealed } = this.#seen
    return builder.size + awaitedBytes * (sealed / plaintext) >= this.#engine.tuning.packTarget
  }

  #perhapsComplete(pack: OpenPack): void {
    if (pack.awaited === 0) pack.complete?.()
  }

  #close(): void {
    clearTimeout(this.#idle)
    const pack = this.#open
    if (!pack) return
    this.#open = undefined
    for (const permit of pack.permits) permit.unpark()
    const sending = this.#send(pack)
      .catch(error => {
        this.#failure ??= error
      })
      .finally(() => {
        for (const permit of pack.permits) permit.release()
        this.#sending.delete(sending)
      })
    this.#sending.add(sending)
  }

  async #send(pack: OpenPack): Promise<void> {
    const { builder } = pack
    if (pack.awaited > 0)
      await new Promise<void>(resolve => {
        pack.complete = resolve
      })
    // Not reusable when it failed: a request that was given up may still be sending.
    let sent = false
    try {
      if (builder.records.length > 0) {
        await this.#selfCheck(builder)
        const finished = builder.finish()
        await putOnce(this.#engine.store, finished.key, finished.parts, this.#signal)
        this.#engine.index.addPack(finished)
        this.#onSent(finished)
      }
      sent = true
    } finally {
      builder.release(sent)
    }
  }

  /** A flipped bit in memory would otherwise be sealed, sent and found at the restore. */
  async #selfCheck(builder: PackBuilder): Promise<void> {
    const { ulid: key, records, session } = builder
    const { selfCheckEvery } = this.#engine.tuning
    const chosen = records
      .map((entry, i) => ({ entry, i }))
      .filter(({ i }) => i % selfCheckEvery === 0)
    try {
      await Promise.all(
        chosen.map(({ entry, i }) =>
          verifyPackRecord(this.#engine, { key, entry, session, bytes: builder.record(i) }),
        ),
      )
    } catch (error) {
      throw new SelfCheckFailedError(error)
    }
  }
}
