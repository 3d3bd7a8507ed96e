import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { z } from 'zod'
import { ListVmsQuery, VmOrder } from '#core/contracts/vms-api.ts'

/** What the list is narrowed and sorted by. */
export interface VmFilter {
  search: string
  pool: string
  tag: string
  policy: string
  state: string
  show: 'all' | 'unprotected' | 'unusual'
  sort: VmOrder
}

const NARROWING = ['search', 'pool', 'tag', 'policy', 'state'] as const

const Query = ListVmsQuery.pick({ search: true, pool: true, tag: true, policy: true, state: true })

/** The filter stands in the address, so that it can be kept, sent and gone back to. What an address says wrongly does not narrow. */
export const useVmFilter = () => {
  const [params, setParams] = useSearchParams()
  const filter = useMemo(() => filterOf(params), [params])
  const change = useCallback(
    (some: Partial<VmFilter>) => {
      setParams(
        before => {
          const next = new URLSearchParams(before)
          for (const [name, value] of Object.entries(some))
            if (value === '' || value === 'all' || value === 'name') next.delete(name)
            else next.set(name, value)
          return next
        },
        { replace: true },
      )
    },
    [setParams],
  )
  const clear = useCallback(() => setParams(new URLSearchParams(), { replace: true }), [setParams])
  const active = filter.show !== 'all' || NARROWING.some(name => filter[name] !== '')
  return { filter, change, clear, active }
}

const filterOf = (params: URLSearchParams): VmFilter => {
  const show = params.get('show')
  const sort = VmOrder.safeParse(params.get('sort'))
  const [search = '', pool = '', tag = '', policy = '', state = ''] = NARROWING.map(
    name => params.get(name) ?? '',
  )
  return {
    ...{ search, pool, tag, policy, state },
    show: show === 'unprotected' || show === 'unusual' ? show : 'all',
    sort: sort.success ? sort.data : 'name',
  }
}

/** As the API takes it. */
export const queryOf = ({
  show,
  sort,
  ...filter
}: VmFilter): z.output<typeof Query> & { sort: VmOrder } => {
  const given: Record<string, string> = {}
  for (const name of NARROWING) {
    const value = filter[name].trim()
    if (value !== '' && Query.shape[name].safeParse(value).success) given[name] = value
  }
  return { ...given, ...(show !== 'all' && { [show]: 'true' }), sort }
}
