/**
 * A version of XenServer or XCP-ng that the pool plays. Which classes, fields, messages and parameters it has follows from the
 * life cycles in the data model; the rest is told here.
 */
export interface Release {
  readonly brand: string
  /** host.software_version `product_version`. */
  readonly product: string
  readonly platform: string
  /** Minor number of the API; the major one is 2. */
  readonly api: number
  /** The newest release code name of the data model that this release has. */
  readonly codeName: string
  /** Version of xapi, as far as it could be found: those of 7.1 and 8.0 are only of the right order. */
  readonly xapi: readonly [major: number, minor: number]
  /** host.edition. */
  readonly edition: string
}

const releases = {
  '7.1': {
    brand: 'XenServer',
    product: '7.1.0',
    platform: '2.2.0',
    api: 6,
    codeName: 'ely',
    xapi: [1, 14],
    edition: 'enterprise-per-socket',
  },
  '8.0': {
    brand: 'XenServer',
    product: '8.0.0',
    platform: '3.0.0',
    api: 12,
    codeName: 'naples',
    xapi: [1, 150],
    edition: 'enterprise-per-socket',
  },
  '8.2': {
    brand: 'XenServer',
    product: '8.2.0',
    platform: '3.2.0',
    api: 15,
    codeName: 'stockholm',
    xapi: [1, 249],
    edition: 'enterprise-per-socket',
  },
  'xcp-ng-8.3': {
    brand: 'XCP-ng',
    product: '8.3.0',
    platform: '3.4.0',
    api: 21,
    codeName: 'stockholm_psr',
    xapi: [24, 16],
    edition: 'xcp-ng',
  },
  xs8: {
    brand: 'XenServer',
    product: '8.4.0',
    platform: '3.4.0',
    api: 21,
    codeName: 'stockholm_psr',
    xapi: [24, 16],
    edition: 'premium-per-socket',
  },
  newest: {
    brand: 'XenServer',
    product: '9.0.0',
    platform: '3.5.0',
    api: 23,
    codeName: 'stockholm_psr',
    xapi: [26, 1],
    edition: 'premium-per-socket',
  },
} as const satisfies Record<string, Release>

export type ReleaseName = keyof typeof releases

export const releaseNames = Object.keys(releases) as ReleaseName[]

export const releaseOf = (name: ReleaseName): Release => releases[name]

/** The code names of the data model's life cycles, oldest first. Later releases are numbered by xapi's version. */
const codeNames = [
  'rio',
  'miami',
  'symc',
  'orlando',
  'orlando-update-1',
  'george',
  'midnight-ride',
  'cowley',
  'boston',
  'tampa',
  'clearwater',
  'vgpu-tech-preview',
  'vgpu-productisation',
  'clearwater-felton',
  'clearwater-whetstone',
  'creedence',
  'cream',
  'indigo',
  'dundee',
  'ely',
  'falcon',
  'honolulu',
  'inverness',
  'jura',
  'kolkata',
  'lima',
  'naples',
  'oslo',
  'quebec',
  'stockholm',
  'stockholm_psr',
]

/** Whether the release is of that version of xapi or a later one. */
export const isAtLeast = ({ xapi }: Release, [major, minor]: readonly [number, number]): boolean =>
  xapi[0] > major || (xapi[0] === major && xapi[1] >= minor)

/** Whether the release has what came with `since`: a code name (`inverness`) or a version of xapi (`21.4.0`). */
export const hasReached = (release: Release, since: string): boolean => {
  const at = codeNames.indexOf(since)
  if (at >= 0) return at <= codeNames.indexOf(release.codeName)
  const [major = 0, minor = 0] = since.split('.').map(Number)
  return isAtLeast(release, [major, minor])
}
