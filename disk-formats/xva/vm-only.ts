import { BLANK, type XapiRecord } from './blank-records.ts'
import { OVA_VERSION } from './ova.ts'
import { END_OF_TAR, tarHeader, tarPadding } from './tar-v7.ts'
import { xmlValue } from './xml-value.ts'

/** The memory of a VM that is imported suspended: a VDI that is there, and its storage repository. */
export interface ImportedImage {
  uuid: string
  location: string
  /** bytes */
  size: number
  srUuid: string
}

/**
 * An archive for `PUT /import_metadata` that holds the record of one VM and none of its devices.
 * @param time seconds since 1970, of ova.xml
 * @param image what its suspend_VDI is, where it has one
 */
export const vmOnlyArchive = (record: XapiRecord, time: number, image?: ImportedImage): Buffer => {
  const suspended = image && { suspend_VDI: 'Ref:1001' }
  const snapshot = { ...BLANK.VM, ...record, ...suspended, VBDs: [], VIFs: [] }
  const objects = [{ class: 'VM', id: 'Ref:1000', snapshot }, ...(image ? objectsOf(image) : [])]
  const text = Buffer.from(xmlValue({ version: OVA_VERSION, objects }), 'utf8')
  return Buffer.concat([
    tarHeader('ova.xml', text.length, time),
    text,
    tarPadding(text.length),
    END_OF_TAR,
  ])
}

const objectsOf = ({ uuid, location, size, srUuid }: ImportedImage) => {
  const vdi = { uuid, location, SR: 'Ref:1002', type: 'suspend', virtual_size: String(size) }
  return [
    { class: 'VDI', id: 'Ref:1001', snapshot: { ...BLANK.VDI, ...vdi } },
    { class: 'SR', id: 'Ref:1002', snapshot: { ...BLANK.SR, uuid: srUuid, VDIs: ['Ref:1001'] } },
  ]
}
