import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useCallback, useEffect, useRef, useState } from 'react'
import { PowerState } from '#core/contracts/vms-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { vms as words } from '../../text/vms.ts'
import type { VmFilter } from './vm-filter.ts'

/** A search begins when nobody has typed for so long, in ms. */
const PAUSE_MS = 300

interface Option {
  value: string
  label: string
}

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
      <Search text={filter.search} onSearch={search => change({ search })} />
      <Choice
        label={words.show}
        value={filter.show}
        options={optionsOf(words.shown)}
        onChoose={show => change({ show: show as VmFilter['show'] })}
      />
      <Choice
        label={words.pool}
        value={filter.pool}
        options={[{ value: '', label: words.anyPool }, ...(pools ?? [])]}
        onChoose={pool => change({ pool })}
      />
      <Choice
        label={words.tag}
        value={filter.tag}
        options={[{ value: '', label: words.anyTag }, ...(tags ?? [])]}
        onChoose={tag => change({ tag })}
      />
      <Choice
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
      <Choice
        label={words.powerState}
        value={filter.state}
        options={[
          { value: '', label: words.anyState },
          ...PowerState.options.map(state => ({ value: state, label: state })),
        ]}
        onChoose={state => change({ state })}
      />
      <Choice
        label={words.sortBy}
        value={filter.sort}
        options={optionsOf(words.sorted)}
        onChoose={sort => change({ sort: sort as VmFilter['sort'] })}
      />
    </SpaceBetween>
  )
}

const optionsOf = (labels: Readonly<Record<string, string>>): Option[] =>
  Object.entries(labels).map(([value, label]) => ({ value, label }))

const Choice = ({
  label,
  value,
  options,
  onChoose,
}: {
  label: string
  value: string
  options: readonly Option[]
  onChoose: (value: string) => void
}) => (
  <Select
    inlineLabelText={label}
    // What an address names and nobody knows is shown as it stands there.
    selectedOption={options.find(option => option.value === value) ?? { value, label: value }}
    options={options}
    filteringType={options.length > 12 ? 'auto' : 'none'}
    onChange={({ detail }) => onChoose(detail.selectedOption.value ?? '')}
  />
)

const Search = ({ text, onSearch }: { text: string; onSearch: (text: string) => void }) => {
  const [typed, setTyped] = useState(text)
  const sent = useRef(text)
  // Cleared, or gone back to, from elsewhere; not what was typed a moment ago and comes back.
  useEffect(() => {
    if (text === sent.current) return
    sent.current = text
    setTyped(text)
  }, [text])
  const search = useCallback(() => {
    if (typed === sent.current) return
    sent.current = typed
    onSearch(typed)
  }, [typed, onSearch])
  useEffect(() => {
    const timer = setTimeout(search, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [search])
  return (
    <Input
      type="search"
      value={typed}
      placeholder={words.search}
      ariaLabel={words.search}
      onChange={({ detail }) => setTyped(detail.value)}
      onKeyDown={({ detail }) => {
        if (detail.key === 'Enter') search()
      }}
    />
  )
}
