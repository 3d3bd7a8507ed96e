import type { PoolView } from '#core/contracts/pools-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import type { Draft } from './draft.ts'

/** All pools, and the one that the restore goes to: the point's own unless another is chosen. */
export const usePools = ({ point, poolUuid }: Draft) => {
  const { data, error, refetch } = useCall(
    'listPools',
    { query: { limit: 1_000 } },
    { every: LIVE.slow },
  )
  const pools: readonly PoolView[] | undefined = data?.items
  const wanted = poolUuid ?? point?.poolUuid
  return {
    pools,
    pool: pools?.find(({ uuid }) => uuid === wanted),
    error,
    retry: () => void refetch(),
  }
}
