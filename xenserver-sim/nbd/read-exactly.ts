import type { Duplex } from 'node:stream'

/** The next `length` bytes, or undefined when the stream ends before; nothing beyond them is consumed. */
export async function readExactly(stream: Duplex, length: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  for (let missing = length; missing > 0; ) {
    // Asking for no more than is there empties the buffer: a 'readable' listener added to a stream that still holds
    // data would fire at once, for ever. Reading nothing from an empty one lets a waiting end come through.
    const piece = stream.read(Math.min(missing, stream.readableLength)) as Buffer | null
    if (piece) {
      pieces.push(piece)
      missing -= piece.length
    } else if (stream.readableEnded || stream.destroyed) return undefined
    else await changed(stream)
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}

function changed(stream: Duplex): Promise<void> {
  const names = ['readable', 'end', 'close', 'error']
  return new Promise(resolve => {
    const done = () => {
      for (const name of names) stream.off(name, done)
      resolve()
    }
    for (const name of names) stream.on(name, done)
  })
}
