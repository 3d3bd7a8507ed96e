import SpaceBetween from '@cloudscape-design/components/space-between'
import { PowerState } from '#core/contracts/vms-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { FilterChoice, type FilterOption, FilterSearch } from '../../components/filters.tsx'
import { vms as words } from '../../text/vms.ts'
import type { VmFilter } from './vm-filter.ts'

/** What the list of virtual machines can be narrowed and sorted by. */
export const FilterBar = ({
  filter,
  change,
}: {
  filter: VmFilter
  change: (some: Partial<VmFilter>) => void
}) => {
  const facets = useCall('listVms', { query: { facets: 'true', limit: 1 } }, { every: LIVE.slow })
    .data?.facets
  const policies = useCall('listPolicies', { query: { limit: 1_000 } }, { every: LIVE.slow }).data
  const pools = facets?.pools.map(({ uuid, name, vms }) => ({
    ...{ value: uuid, label: words.withCount(name || uuid, vms) },
  }))
  const tags = facets?.tags.map(({ tag, vms }) => ({
    ...{ value: tag, label: words.withCount(tag, vms) },
  }))
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <FilterSearch
        label={words.search}
        text={filter.search}
        onSearch={search => change({ search })}
      />
      <FilterChoice
        label={words.show}
        value={filter.show}
        options={optionsOf(words.shown)}
        onChoose={show => change({ show: show as VmFilter['show'] })}
      />
      <FilterChoice
        label={words.pool}
        value={filter.pool}
        options={[{ value: '', label: words.anyPool }, ...(pools ?? [])]}
        onChoose={pool => change({ pool })}
      />
      <FilterChoice
        label={words.tag}
        value={filter.tag}
        options={[{ value: '', label: words.anyTag }, ...(tags ?? [])]}
        onChoose={tag => change({ tag })}
      />
      <FilterChoice
        label={words.policy}
        value={filter.policy}
        options={[
          { value: '', label: words.anyPolicy },
          ...(policies?.items ?? []).map(({ policy: { policyId, name } }) => ({
            ...{ value: policyId, label: name },
          })),
        ]}
        onChoose={policy => change({ policy })}
      />
      <FilterChoice
        label={words.powerState}
        value={filter.state}
        options={[
          { value: '', label: words.anyState },
          ...PowerState.options.map(state => ({ value: state, label: state })),
        ]}
        onChoose={state => change({ state })}
      />
      <FilterChoice
        label={words.sortBy}
        value={filter.sort}
        options={optionsOf(words.sorted)}
        onChoose={sort => change({ sort: sort as VmFilter['sort'] })}
      />
    </SpaceBetween>
  )
}

const optionsOf = (labels: Readonly<Record<string, string>>): FilterOption[] =>
  Object.entries(labels).map(([value, label]) => ({ value, label }))
