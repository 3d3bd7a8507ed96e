import type { ListedPoint } from '#core/contracts/runs-api.ts'

/** Disks that may hold files; its memory does not. */
export const disksOf = ({ kind, disks }: ListedPoint) =>
  kind === 'host' || kind === 'pool-metadata'
    ? []
    : disks.filter(({ userdevice }) => userdevice !== 'memory')
