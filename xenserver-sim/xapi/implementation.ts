import type { SimHost, State } from '../state.ts'
import type { Value } from './marshal.ts'
import type { Ref } from './records/index.ts'

/** What a message knows beside its parameters. */
export interface Call {
  readonly state: State
  /** The host that was called. */
  readonly host: SimHost
  readonly session: Ref
  /** The task that carries the work; a `DummyRef:` for a synchronous call. */
  readonly task: Ref
}

/** The messages of one class; names, parameters and results are the data model's (records/). */
export type Implementation<M> = {
  [K in keyof M]?: M[K] extends (...args: infer A) => infer R
    ? (call: Call, ...args: A) => R | Promise<R>
    : never
}

/** An implementation as the dispatcher sees it, its parameters already checked against the data model. */
export type AnyMessage = (call: Call, ...args: Value[]) => unknown
