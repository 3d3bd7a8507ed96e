import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import { useState } from 'react'
import { useCall } from '../../../api/use-call.ts'
import { what as words } from '../../../text/policy-wizard/what.ts'
import { useVmNames } from './vm-names.tsx'

const OFFERED = 50

/** VMs one by one, found by their name on the server: there may be thousands. */
export const VmsField = ({
  values = [],
  onChange,
}: {
  /** UUIDs */
  values: readonly string[] | undefined
  onChange: (vms: string[] | undefined) => void
}) => {
  const [search, setSearch] = useState('')
  const known = useVmNames()
  const { data, isFetching, isError, refetch } = useCall(
    'listVms',
    { query: { limit: OFFERED, sort: 'name', ...(search.trim() && { search: search.trim() }) } },
    { every: false },
  )
  const options = (data?.items ?? []).map(({ uuid, name, poolName }) => ({
    value: uuid,
    label: name,
    description: poolName,
  }))
  const nameOf = (uuid: string) =>
    options.find(({ value }) => value === uuid)?.label ?? known.get(uuid) ?? uuid
  return (
    <FormField label={words.single}>
      <Multiselect
        options={options}
        selectedOptions={values.map(value => ({ value, label: nameOf(value) }))}
        filteringType="manual"
        filteringPlaceholder={words.findVm}
        placeholder={words.chosenVms(values.length)}
        tokenLimit={10}
        statusType={isError ? 'error' : isFetching ? 'loading' : 'finished'}
        finishedText={data?.next === undefined ? undefined : words.moreVms}
        empty={words.noVms}
        recoveryText={isError ? words.findVm : undefined}
        onLoadItems={({ detail }) => {
          setSearch(detail.filteringText)
          if (isError) void refetch()
        }}
        onChange={({ detail }) => {
          const chosen = detail.selectedOptions.flatMap(({ value, label }) => {
            if (value === undefined) return []
            if (label !== undefined) known.set(value, label)
            return [value]
          })
          onChange(chosen.length > 0 ? chosen : undefined)
        }}
      />
    </FormField>
  )
}
