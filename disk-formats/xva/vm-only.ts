import { BLANK, type XapiRecord } from './blank-records.ts'
import { OVA_VERSION } from './ova.ts'
import { END_OF_TAR, tarHeader, tarPadding } from './tar-v7.ts'
import { xmlValue } from './xml-value.ts'

/**
 * An archive for `PUT /import_metadata` that holds the record of one VM and none of its devices.
 * @param time seconds since 1970, of ova.xml
 */
export const vmOnlyArchive = (record: XapiRecord, time: number): Buffer => {
  const snapshot = { ...BLANK.VM, ...record, VBDs: [], VIFs: [] }
  const objects = [{ class: 'VM', id: 'Ref:1000', snapshot }]
  const text = Buffer.from(xmlValue({ version: OVA_VERSION, objects }), 'utf8')
  return Buffer.concat([
    tarHeader('ova.xml', text.length, time),
    text,
    tarPadding(text.length),
    END_OF_TAR,
  ])
}
