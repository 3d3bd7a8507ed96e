import { SaxesParser } from 'saxes'
import { StreamBrokenError } from '#core/errors/xenserver.ts'
import type { StreamCheck } from './check.ts'

/** What the parser tells: elements with their attributes, and text. */
export interface XmlEvents {
  opened?(name: string, attributes: Record<string, string>): void
  text?(text: string): void
  closed?(name: string): void
}

/**
 * Well-formed XML in UTF-8 to its very end, without being kept in memory. Entities beyond those of XML itself are no part of what
 * XAPI writes, and are refused.
 * @param what the stream, for messages
 */
export const xmlCheck = (what: string, { opened, text, closed }: XmlEvents): StreamCheck => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const parser = new SaxesParser({ position: false })
  let ending = false
  parser.on('error', error => {
    throw ending
      ? new StreamBrokenError('STREAM_TRUNCATED', what, 'the XML ends in the middle', error)
      : new StreamBrokenError('STREAM_INVALID', what, 'it is no well-formed XML', error)
  })
  if (opened)
    parser.on('opentag', tag => opened(tag.name, tag.attributes as Record<string, string>))
  if (text) parser.on('text', text)
  if (closed) parser.on('closetag', tag => closed(tag.name))
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch (error) {
      const code = bytes ? 'STREAM_INVALID' : 'STREAM_TRUNCATED'
      throw new StreamBrokenError(code, what, 'it is no UTF-8', error)
    }
  }
  return {
    take: bytes => void parser.write(decode(bytes)),
    end: () => {
      ending = true
      parser.write(decode()).close()
    },
  }
}
