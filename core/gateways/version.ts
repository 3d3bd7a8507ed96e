/** How the version of a gateway stands to that of its control plane: see docs/operations.md, "Upgrading". */
export type VersionStanding = 'fits' | 'too-old' | 'too-new'

/**
 * A gateway may be of the control plane's own version or older within the same or the minor version before; of another major version, or newer, it may not be.
 * @returns `fits` also where a version is none that this understands
 */
export const versionStanding = (gateway: string, controlPlane: string): VersionStanding => {
  const [theirs, ours] = [numbersOf(gateway), numbersOf(controlPlane)]
  if (!theirs || !ours) return 'fits'
  const [major, minor, patch] = [0, 1, 2].map(at => (theirs[at] ?? 0) - (ours[at] ?? 0)) as [
    number,
    number,
    number,
  ]
  if ((major || minor || patch) > 0) return 'too-new'
  return major < 0 || minor < -1 ? 'too-old' : 'fits'
}

const numbersOf = (version: string): number[] | undefined =>
  /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?![\d.])/.exec(version)?.slice(1).map(Number)
