import type { State } from '../../state.ts'
import { coordinatorOf } from '../../xapi/pool-hosts.ts'
import { type Wire, wireString, wireStruct } from '../../xapi/wire.ts'

export type XapiVersion = readonly [major: number, minor: number]

/** Inline checksums for every chunk (export_vsn 2). */
const EXPORT_VERSION = 2

const software = (state: State) =>
  state.database.get('host', coordinatorOf(state).ref).software_version

/** The release this pool plays. */
export function xapiVersion(state: State): XapiVersion {
  const [major = 0, minor = 0] = (software(state).xapi ?? '').split('.').map(Number)
  return [major, minor]
}

export const isNewer = (a: XapiVersion, b: XapiVersion): boolean =>
  a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])

/** The `version` member of ova.xml. */
export function ovaVersion(state: State): Wire {
  const names = ['hostname', 'date', 'product_version', 'product_brand', 'build_number']
  const [major, minor] = xapiVersion(state)
  const int = (value: number): Wire => ({ tag: 'int', text: String(value) })
  return wireStruct([
    ...names.map(name => [name, wireString(software(state)[name] ?? '')] as const),
    ['xapi_major', int(major)],
    ['xapi_minor', int(minor)],
    ['export_vsn', int(EXPORT_VERSION)],
  ])
}
