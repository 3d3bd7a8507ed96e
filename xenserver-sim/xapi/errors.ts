/** A XAPI failure: on the wire `ErrorDescription` is `[code, ...params]`. */
export class XapiError extends Error {
  readonly code: string
  readonly params: readonly string[]

  constructor(code: string, ...params: string[]) {
    super(`${code}: [ ${params.join('; ')} ]`)
    this.name = 'XapiError'
    this.code = code
    this.params = params
  }

  get description(): string[] {
    return [this.code, ...this.params]
  }
}

/** What goes over the wire for anything thrown; the unexpected becomes INTERNAL_ERROR with its text. */
export const asXapiError = (thrown: unknown): XapiError => {
  if (thrown instanceof XapiError) return thrown
  const { code, params, message } = thrown as { code?: unknown; params?: unknown; message?: string }
  // Other folders of the simulator throw plain errors that carry a XAPI code.
  // Node's own (ECONNRESET, ERR_…) are not among them.
  if (
    typeof code === 'string' &&
    /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code) &&
    !code.startsWith('ERR_')
  )
    return new XapiError(code, ...(Array.isArray(params) ? params.map(String) : []))
  return new XapiError('INTERNAL_ERROR', message ?? String(thrown))
}
