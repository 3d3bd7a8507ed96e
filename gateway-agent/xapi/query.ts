import type { ZodType } from 'zod'
import type { Ref, Xapi } from './api.ts'
import { recordsOf } from './records.ts'

/**
 * Records of a class with one field of this value, in one call: XAPI's own query (`get_all_records_where`), which every release has.
 * @param value a reference or a uuid
 */
export const recordsWhere = async <T>(
  { call }: Pick<Xapi, 'call'>,
  className: string,
  field: 'uuid' | 'VM',
  value: string,
  as: ZodType<T>,
): Promise<[Ref, T][]> => {
  // Nothing that could end the text it stands in.
  if (!/^[\w:-]+$/.test(value)) return []
  const expression = `field "${field}"="${value}"`
  const found = await call(`${className}.get_all_records_where`, [expression], recordsOf(as))
  return Object.entries(found) as [Ref, T][]
}
