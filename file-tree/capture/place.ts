import { type RawText, readable } from '../raw-text.ts'
import { PLACE_SIZE, SLOT_SIZE, SLOTS } from './wire.ts'

const AT = SLOTS * SLOT_SIZE
const MOST = PLACE_SIZE - 4

/** Where the reader is, in memory that both threads see: a call that hangs sends no message any more. */
export class Place {
  readonly #length: Int32Array
  readonly #bytes: Buffer

  constructor(memory: SharedArrayBuffer) {
    this.#length = new Int32Array(memory, AT, 1)
    this.#bytes = Buffer.from(memory, AT + 4, MOST)
  }

  tell(path: RawText): void {
    this.#length[0] = this.#bytes.write(path, 'latin1')
  }

  read(): string {
    return readable(this.#bytes.toString('latin1', 0, this.#length[0] ?? 0)) || '.'
  }
}
