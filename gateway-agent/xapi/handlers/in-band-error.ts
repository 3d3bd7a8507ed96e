import { XapiError } from '#core/errors/xenserver.ts'

/** XAPI's error pages hold `CODE: [ first; second ]` somewhere in their HTML. */
const FAILURE = /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+):\s*\[\s*([^\]]*?)\s*\]/

/** @returns the XAPI failure that an HTTP error page names, if it names one */
export const failureInPage = (page: string, what: string): XapiError | undefined => {
  const [, code, parameters] = FAILURE.exec(page) ?? []
  if (code === undefined) return undefined
  return new XapiError([code, ...(parameters ? parameters.split(/\s*;\s*/) : [])], what)
}

const RESPONSE_START = Buffer.from('HTTP/1.')

/** @returns undefined while there are too few bytes to tell */
export const startsLikeResponse = (head: Uint8Array): boolean | undefined => {
  const known = Math.min(head.length, RESPONSE_START.length)
  if (RESPONSE_START.compare(head, 0, known, 0, known) !== 0) return false
  return known === RESPONSE_START.length ? true : undefined
}

/** @returns the second response written into the end of a stream (reference 4.1), if there is one */
export const responseInTail = (tail: Uint8Array): string | undefined => {
  const text = Buffer.from(tail.buffer, tail.byteOffset, tail.length).toString('latin1')
  const start = text.search(/HTTP\/1\.[01] 500 /)
  return start < 0 ? undefined : text.slice(start)
}
