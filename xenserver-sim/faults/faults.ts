import { XapiError } from '../xapi/errors.ts'

interface Repeated {
  /** How often it strikes before it is used up; 1 when absent. */
  readonly times?: number
  /** How many matching calls or streams to let pass before it strikes; 0 when absent. */
  readonly skip?: number
}

/** Trouble that a test or the demo orders in advance. Handlers are named by their path, e.g. `export_raw_vdi`. */
export type Fault = Repeated &
  (
    | { readonly kind: 'fail-call'; readonly method: string; readonly error: readonly string[] }
    | { readonly kind: 'delay-call'; readonly method: string; readonly milliseconds: number }
    /** Events are told that were told before, as after a lost answer: the next event.from begins anew. */
    | { readonly kind: 'repeat-events' }
    /** The connection closes without an answer: before the work, or after it was done. */
    | { readonly kind: 'drop-call'; readonly method: string; readonly after?: boolean }
    /** The stream's connection closes after so many bytes of the body. */
    | { readonly kind: 'cut-stream'; readonly handler: string; readonly bytes: number }
    /** A second HTTP response with status 500 inside the stream, after so many bytes (0: at its start). */
    | {
        readonly kind: 'in-band-error'
        readonly handler: string
        readonly error: readonly string[]
        readonly bytes?: number
      }
    /** A VHD export leaves out blocks that hold data: these numbers, of 2 MiB each. */
    | {
        readonly kind: 'forget-blocks'
        readonly handler: 'export_raw_vdi'
        readonly blocks: readonly number[]
      }
    /** NBD closes in the middle of the answer once so many bytes were read over that connection. */
    | { readonly kind: 'close-nbd'; readonly bytes: number }
    /** The stream, or the NBD connection (`nbd`), goes silent after so many bytes and stays open. */
    | { readonly kind: 'fall-silent'; readonly handler: string; readonly bytes: number }
    /** The host gives the stream up once its client has taken nothing for so long: VDI_IO_ERROR within the stream. */
    | { readonly kind: 'give-up'; readonly handler: string; readonly milliseconds: number }
    /** The XVA behaves as if it had been silent for 5 s: a chunk without data, whose number shifts the later ones. */
    | { readonly kind: 'keep-alive-chunk'; readonly handler: string }
    /** The storage takes so many bytes of an import, and then fails. */
    | {
        readonly kind: 'fail-write'
        readonly handler: string
        readonly error: readonly string[]
        readonly bytes: number
      }
  )

type FaultKind = Fault['kind']
type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>

export interface Faults {
  /** Adds to what is waiting. Throws a XapiError FIELD_TYPE_ERROR for what is no fault. */
  add(fault: Fault): void
  clear(): void
  /** What still waits to strike. */
  waiting(): Fault[]
  /** The fault that strikes now, if any: counts it as used. `target` is the method or handler. */
  take<K extends FaultKind>(kind: K, target?: string): FaultOf<K> | undefined
}

const kinds: Record<FaultKind, 'method' | 'handler' | undefined> = {
  'fail-call': 'method',
  'delay-call': 'method',
  'drop-call': 'method',
  'repeat-events': undefined,
  'cut-stream': 'handler',
  'in-band-error': 'handler',
  'forget-blocks': 'handler',
  'close-nbd': undefined,
  'fall-silent': 'handler',
  'give-up': 'handler',
  'keep-alive-chunk': 'handler',
  'fail-write': 'handler',
}

interface Waiting {
  readonly fault: Fault
  skip: number
  times: number
}

const targetOf = (fault: Fault) =>
  'method' in fault ? fault.method : 'handler' in fault ? fault.handler : undefined

const assertFault = (fault: Fault): void => {
  if (!(fault?.kind in kinds))
    throw new XapiError('FIELD_TYPE_ERROR', `kind is one of ${Object.keys(kinds).join(', ')}`)
  const names = kinds[fault.kind]
  if (names && typeof targetOf(fault) !== 'string')
    throw new XapiError('FIELD_TYPE_ERROR', `${fault.kind} names a ${names}`)
}

export const createFaults = (): Faults => {
  let waiting: Waiting[] = []
  return {
    add: fault => {
      assertFault(fault)
      waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
    },
    clear: () => {
      waiting = []
    },
    waiting: () => waiting.map(({ fault, skip, times }) => ({ ...fault, skip, times })),
    take: <K extends FaultKind>(kind: K, target?: string) => {
      const found = waiting.find(
        ({ fault }) => fault.kind === kind && (target === undefined || targetOf(fault) === target),
      )
      if (!found) return undefined
      if (found.skip > 0) {
        found.skip--
        return undefined
      }
      found.times--
      if (found.times <= 0) waiting = waiting.filter(w => w !== found)
      return found.fault as FaultOf<K>
    },
  }
}
