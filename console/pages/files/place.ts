/** Where somebody stands in the files of a point, as the address of the page has it. */
export interface Place {
  /** Left out: among the volumes. */
  volume?: string | undefined
  /** Within the volume: `/`, `/etc`. */
  path: string
}

/** Whatever an address says: what is no place within a volume is its top. */
export const placeOf = (params: URLSearchParams): Place => {
  const volume = params.get('volume') || undefined
  const parts = partsOf(params.get('path') ?? '')
  if (volume === undefined || parts.includes('..') || parts.some(part => part.includes('\0')))
    return { volume, path: '/' }
  return { volume, path: `/${parts.join('/')}` }
}

/** @returns the address of a place, to be kept, sent and gone back to */
export const addressOf = (pointId: string, { volume, path }: Place): string => {
  const params = new URLSearchParams({ point: pointId })
  if (volume !== undefined) {
    params.set('volume', volume)
    if (path !== '/') params.set('path', path)
  }
  return `/files?${params}`
}

const partsOf = (path: string): string[] =>
  path.split('/').filter(part => part !== '' && part !== '.')

/** @returns the path of what is called so in a folder */
export const inside = (folder: string, name: string): string =>
  folder === '/' ? `/${name}` : `${folder}/${name}`

export const nameOf = (path: string): string => partsOf(path).at(-1) ?? ''

/** @returns where the place lies; of the volumes nothing */
export const above = ({ volume, path }: Place): Place | undefined => {
  if (volume === undefined) return undefined
  const parts = partsOf(path)
  if (parts.length === 0) return { path: '/' }
  return { volume, path: `/${parts.slice(0, -1).join('/')}` }
}

/** The directories on the way to a place, its own last; each by its name. */
export const wayTo = ({ volume, path }: Place): { name: string; place: Place }[] => {
  const parts = partsOf(path)
  return parts.map((name, index) => ({
    name,
    place: { volume, path: `/${parts.slice(0, index + 1).join('/')}` },
  }))
}

/** One string for each place. */
export const keyOf = ({ volume, path }: Place): string => JSON.stringify([volume ?? null, path])
