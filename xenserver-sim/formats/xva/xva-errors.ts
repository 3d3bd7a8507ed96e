/** A failure of an XVA import in XAPI's words; the first member of ErrorDescription is `code`. */
export class XvaError extends Error {
  readonly code: string
  readonly params: string[]

  constructor(code: string, ...params: string[]) {
    super(`${code}: [ ${params.join('; ')} ]`)
    this.name = 'XvaError'
    this.code = code
    this.params = params
  }
}
