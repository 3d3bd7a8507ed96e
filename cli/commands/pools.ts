import type { PoolView } from '#core/contracts/pools-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'

/** `xenkeep pools`: where a restore can go. JSON: `{"pools":[PoolView]}`. */
export const poolsCommand = (program: Program) =>
  newCommand('pools', 'list the pools with their storage repositories and networks', [
    'xenkeep pools',
    "xenkeep pools --json | jq -r '.pools[].srs[].name'",
  ]).action(
    action(program, async session => {
      const pools = await listAll(session.client, 'listPools')
      answer(session, { pools }, () =>
        pools.length > 0
          ? table(columns(session.host), pools)
          : ['No pool is known. Pools appear as soon as a gateway has reached them.'],
      )
      return ExitCode.ok
    }),
  )

const names = (of: readonly { name: string }[]): string =>
  safeText(of.map(({ name }) => name).join(', ') || '-')

const columns = ({ time }: Pick<Host, 'time'>): Column<PoolView>[] => [
  { title: 'POOL', cell: pool => pool.uuid },
  { title: 'NAME', cell: pool => safeText(pool.name) },
  { title: 'SEEN', cell: pool => time(pool.seen) },
  { title: 'STORAGE', cell: pool => names(pool.srs) },
  { title: 'NETWORKS', cell: ({ networks }) => (networks ? names(networks) : 'not told') },
]
