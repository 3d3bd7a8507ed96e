/**
 * A storage failure in XAPI's own words: the first member of ErrorDescription is `code`, the rest are `params`
 * (SR_BACKEND_FAILURE_n carries status, message, detail).
 */
export class BackendError extends Error {
  readonly code: string
  readonly params: string[]

  constructor(code: string, params: string[]) {
    super(`${code}: [ ${params.join('; ')} ]`)
    this.name = 'BackendError'
    this.code = code
    this.params = params
  }
}

/** What SM raises, e.g. 460 "Failed to calculate changed blocks for given VDIs". */
export const smFailure = (number: number, message: string, detail: string) =>
  new BackendError(`SR_BACKEND_FAILURE_${number}`, ['', `${message} [opterr=${detail}]`, ''])
