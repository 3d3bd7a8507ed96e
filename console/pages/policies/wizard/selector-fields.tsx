import Checkbox from '@cloudscape-design/components/checkbox'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Selector } from '#core/contracts/policies.ts'
import { PowerState } from '#core/contracts/vms-api.ts'
import { useCall } from '../../../api/use-call.ts'
import { NumberField } from '../../../components/number-field.tsx'
import { TokensField } from '../../../components/tokens-field.tsx'
import { what as words } from '../../../text/policy-wizard/what.ts'
import { VmsField } from './vms-field.tsx'

const GiB = 1024 ** 3
const gib = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / GiB)
const bytes = (size: number | undefined) =>
  size === undefined ? undefined : Math.round(size * GiB)

const STATES = PowerState.options.map(value => ({ value, label: value }))

/** One selector: every condition that is filled in must hold. */
export const SelectorFields = ({
  selector,
  onChange,
  problem,
}: {
  selector: Selector
  onChange: (selector: Selector) => void
  problem?: string | undefined
}) => {
  const { data } = useCall('listVms', { query: { limit: 1, facets: 'true' } }, { every: false })
  const { pools = [], tags = [] } = data?.facets ?? {}
  const set = (members: Partial<Selector>) => {
    const changed = Object.entries({ ...selector, ...members })
    onChange(Object.fromEntries(changed.filter(([, value]) => value !== undefined)))
  }
  const { powerStates = [], sizeAtLeast, sizeAtMost, unprotected, all } = selector
  const hasMore = powerStates.length > 0 || sizeAtLeast !== undefined || sizeAtMost !== undefined
  return (
    <SpaceBetween size="m">
      <ColumnLayout columns={2}>
        <TokensField
          label={words.names}
          constraintText={words.namesHint}
          errorText={problem}
          values={selector.names}
          onChange={names => set({ names })}
        />
        <TokensField
          label={words.tags}
          values={selector.tags}
          known={tags.map(({ tag }) => tag)}
          onChange={chosen => set({ tags: chosen })}
        />
        <TokensField
          label={words.pools}
          values={selector.pools}
          known={pools.map(({ name }) => name)}
          onChange={chosen => set({ pools: chosen })}
        />
        <VmsField values={selector.vms} onChange={vms => set({ vms })} />
      </ColumnLayout>
      <ExpandableSection
        headerText={words.more}
        defaultExpanded={hasMore || unprotected === true || all === true}
      >
        <SpaceBetween size="m">
          <ColumnLayout columns={3}>
            <FormField label={words.powerStates}>
              <Multiselect
                options={STATES}
                selectedOptions={STATES.filter(({ value }) => powerStates.includes(value))}
                placeholder={words.anyState}
                onChange={({ detail }) => {
                  const chosen = PowerState.options.filter(state =>
                    detail.selectedOptions.some(({ value }) => value === state),
                  )
                  set({ powerStates: chosen.length > 0 ? chosen : undefined })
                }}
              />
            </FormField>
            <NumberField
              label={words.sizeAtLeast}
              value={gib(sizeAtLeast)}
              onChange={size => set({ sizeAtLeast: bytes(size) })}
            />
            <NumberField
              label={words.sizeAtMost}
              value={gib(sizeAtMost)}
              onChange={size => set({ sizeAtMost: bytes(size) })}
            />
          </ColumnLayout>
          <Checkbox
            checked={unprotected === true}
            onChange={({ detail }) => set({ unprotected: detail.checked ? true : undefined })}
          >
            {words.onlyUnprotected}
          </Checkbox>
          {all && (
            <Checkbox checked onChange={() => set({ all: undefined })}>
              {words.all}
            </Checkbox>
          )}
        </SpaceBetween>
      </ExpandableSection>
    </SpaceBetween>
  )
}
