import { encodeTarHeader, endOfTar, padding } from './tar-header.ts'

/** What an archive begins with. @param now seconds since 1970; of all entries only this one carries a time */
function ovaEntry(xml: string, now: number): Buffer {
  const data = Buffer.from(xml)
  const header = encodeTarHeader({ name: 'ova.xml', size: data.length }, now)
  return Buffer.concat([header, data, padding(data.length)])
}

/** `ova.xml`, the chunks of the disks (write-disks.ts) and the end of the archive. */
export async function* writeXva(
  xml: string,
  now: number,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  yield ovaEntry(xml, now)
  yield* chunks
  yield endOfTar
}
