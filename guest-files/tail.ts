import type { Readable } from 'node:stream'

/** The last things that a program said, for messages. */
export const tailOf = (stream: Readable | null): (() => string) => {
  let text = ''
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-2000)
  })
  return () => text.trim().replaceAll(/\s+/g, ' ')
}
