/** What happens to calls of one method. What is left out does not happen; what is given happens in the order below. */
export interface Fault<Method extends string> {
  on: Method
  /** Only calls for such a key; every call without it. */
  key?: RegExp
  /** Calls that match and are left alone first; none unless told. */
  skip?: number
  /** Calls that the fault then meets; 1 unless told. */
  times?: number
  /** Awaited before the call: a delay until the test releases it, a kill, a note. */
  before?: () => unknown
  /** Thrown instead of the call. */
  instead?: Error
  /** Bytes that get through: of what is put (which is then acknowledged), of what is got. */
  truncate?: number
  /** Awaited after the call took effect. */
  after?: () => unknown
  /** Thrown after the call took effect: the reply got lost. */
  lost?: Error
}

/**
 * Trouble as a list, written by a test. Of the faults that match a call the first with a turn left takes it.
 * @returns `run`, through which a wrapper sends its calls, and `unused`: the faults that have met fewer calls than they should
 */
export const faultScript = <Method extends string>(faults: readonly Fault<Method>[]) => {
  const turns = faults.map(fault => ({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 }))

  const next = (method: Method, key: string): Fault<Method> | undefined => {
    for (const turn of turns) {
      const { fault } = turn
      if (turn.left === 0 || fault.on !== method || (fault.key && !fault.key.test(key))) continue
      if (turn.skip > 0) {
        turn.skip--
        continue
      }
      turn.left--
      return fault
    }
    return undefined
  }

  const run = async <T>(
    method: Method,
    key: string,
    call: (truncate: number | undefined) => Promise<T>,
  ): Promise<T> => {
    const fault = next(method, key)
    await fault?.before?.()
    if (fault?.instead) throw fault.instead
    const result = await call(fault?.truncate)
    await fault?.after?.()
    if (fault?.lost) throw fault.lost
    return result
  }

  return { run, unused: () => turns.filter(turn => turn.left > 0).map(turn => turn.fault) }
}
