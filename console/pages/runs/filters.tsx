import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import { RunKind, RunState } from '#core/contracts/runs-api.ts'
import { useCall } from '../../api/use-call.ts'
import { FilterChoice, type FilterOption } from '../../components/filters.tsx'
import { run as words } from '../../text/run.ts'
import { runs } from '../../text/runs.ts'

/** What a list of runs is narrowed to, as it stands in the address of the page: a link can ask for it. */
export interface Wanted {
  kind?: string
  state?: string
  /** The last days. */
  days?: string
  policyId?: string
  vm?: string
  /** `true`: also runs that only planned a restore. */
  plans?: string
}

const KINDS: readonly FilterOption[] = [
  { value: '', label: runs.allKinds },
  ...RunKind.options.map(value => ({ value, label: words.kinds[value] })),
]
const STATES: readonly FilterOption[] = [
  { value: '', label: runs.allStates },
  { value: 'open', label: runs.open },
  { value: 'troubled', label: runs.troubled },
  ...RunState.options.map(value => ({ value, label: words.states[value] })),
]
const TIMES: readonly FilterOption[] = [
  { value: '', label: runs.anyTime },
  ...Object.entries(runs.times).map(([value, label]) => ({ value, label })),
]

/** The controls above the list. */
export const Filters = ({ wanted, want }: { wanted: Wanted; want: (change: Wanted) => void }) => {
  const { data } = useCall('listPolicies', { query: { limit: 1_000 } }, { every: false })
  const policies = (data?.items ?? []).map(({ policy }) => ({
    value: policy.policyId,
    label: policy.name,
  }))
  return (
    <Grid
      gridDefinition={[3, 3, 3, 3, 12, 12].map(m => ({ colspan: { default: 12, xxs: 6, xs: m } }))}
    >
      <FilterChoice
        label={runs.state}
        options={STATES}
        value={wanted.state}
        onChoose={state => want({ state })}
      />
      <FilterChoice
        label={runs.kind}
        options={KINDS}
        value={wanted.kind}
        onChoose={kind => want({ kind })}
      />
      <FilterChoice
        label={runs.time}
        options={TIMES}
        value={wanted.days}
        onChoose={days => want({ days })}
      />
      <FilterChoice
        label={runs.policy}
        options={[{ value: '', label: runs.allPolicies }, ...policies]}
        value={wanted.policyId}
        onChoose={policyId => want({ policyId })}
      />
      <Checkbox
        checked={wanted.plans === 'true'}
        onChange={({ detail }) => want({ plans: detail.checked ? 'true' : '' })}
      >
        {runs.plans}
      </Checkbox>
      <VmChoice key={wanted.vm} vm={wanted.vm ?? ''} choose={vm => want({ vm })} />
    </Grid>
  )
}

/** Asked for when the name is complete: half a name is that of no machine. */
const VmChoice = ({ vm, choose }: { vm: string; choose: (vm: string) => void }) => {
  const [typed, setTyped] = useState(vm)
  return (
    <FormField label={runs.vm} constraintText={runs.vmHint}>
      <Input
        type="search"
        value={typed}
        onChange={({ detail }) => {
          setTyped(detail.value)
          if (detail.value === '') choose('')
        }}
        onKeyDown={({ detail }) => {
          if (detail.key === 'Enter') choose(typed.trim())
        }}
        onBlur={() => choose(typed.trim())}
      />
    </FormField>
  )
}
