/** How the control planes over one replicated catalog are set up; the same in each of them but for `here`. */
export interface RegionSetup {
  /** `eu-central-1`; any name where it is the only one */
  here: string
  /** Who is active as long as nobody ever took over. */
  first: string
  /** The other regions; none where there is but one, and then nothing of all this is asked. */
  others: readonly string[]
}

/** Who is active, as the catalog keeps it. There is none before the first take-over. */
export interface RegionRecord {
  active: string
  /** Grows by one with every take-over. Fencing token: whoever knows a higher one obeys no lower one. */
  epoch: number
  /** ms since 1970 */
  since: number
  /** Who was active before. */
  former: string
  /** Who took over. */
  by: string
  why?: string
}

/** What a control plane knows of itself and the others, at most some seconds old. */
export interface RegionView {
  here: string
  active: string
  epoch: number
  record?: RegionRecord
  /** A higher epoch that gateways have come with: somebody has taken over, and it has not been heard of here. */
  heard?: number
  /** It was away, and looks first whether somebody has taken over meanwhile (signs-of-life.ts). */
  listens?: true
  /** When each of the others last told that it lives, in ms since 1970. */
  lastWords?: Readonly<Record<string, number>>
}

export const isActive = ({ here, active, listens }: RegionView): boolean =>
  here === active && !listens

/**
 * Whether this is the region whose copy of the repository is the one that is removed from. Collectors of two copies would write their records under the same names
 * (docs/repository-format.md, 10.2), each about its own copy, and each copy gets those of the other.
 */
export const removesHere = ({ here, first }: Pick<RegionSetup, 'here' | 'first'>): boolean =>
  here === first

/** A deployment of one region. */
export const alone = (name: string): RegionSetup => ({ here: name, first: name, others: [] })
