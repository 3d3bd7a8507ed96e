import { SaxesParser } from 'saxes'
import { XvaFormatError } from './errors.ts'

export interface OvaDisk {
  vdiUuid: string
  /** bytes */
  size: number
}

/** `<member>` by `<member>`, with what encloses it: the names of members above, `*` for an element of an array. */
const leaves = (xml: string, found: (path: string, text: string) => void): void => {
  const path: string[] = []
  let text = ''
  const parser = new SaxesParser()
  parser.on('opentag', ({ name }) => {
    text = ''
    if (name === 'data') path.push('*')
  })
  parser.on('text', part => {
    text += part
  })
  parser.on('closetag', ({ name }) => {
    if (name === 'name') path.push(text)
    else if (name === 'value' || name === 'string') found(path.join('/'), text)
    else if (name === 'member' || name === 'data') path.pop()
    if (name !== 'string') text = ''
  })
  parser.on('error', error => {
    throw new XvaFormatError(`its ova.xml is not well-formed: ${error.message}`)
  })
  parser.write(xml).close()
}

/**
 * What ova.xml tells of the disks in the archive.
 * @returns by the directory that holds a disk's chunks, `Ref:12`; ISO images are among them, although the archive has no chunks of them
 * @throws {XvaFormatError}
 */
export const ovaDisks = (xml: string): Map<string, OvaDisk> => {
  const disks = new Map<string, OvaDisk>()
  let object: { class?: string; id?: string; uuid?: string; size?: string } = {}
  const close = () => {
    const { id, uuid, size } = object
    if (object.class === 'VDI' && id && uuid && size !== undefined)
      disks.set(id, { vdiUuid: uuid, size: Number(size) })
    object = {}
  }
  leaves(xml, (path, text) => {
    if (path === 'objects/*/class') object.class = text
    else if (path === 'objects/*/id') object.id = text
    else if (path === 'objects/*/snapshot/uuid') object.uuid = text
    else if (path === 'objects/*/snapshot/virtual_size') object.size = text
    else if (path === 'objects/*') close()
  })
  return disks
}
