import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField from '@cloudscape-design/components/form-field'
import { useState } from 'react'
import { useCall } from '../api/use-call.ts'
import { shell, vmSearch as words } from '../text/shell.ts'

const OFFERED = 50

/** Finds a virtual machine by a part of its name; one that no pool has any more by its exact name or UUID. */
export const VmSearch = ({
  initial,
  onChoose,
}: {
  /** What stands in the field at first. */
  initial: string
  /** @param vm UUID or exact name; undefined of an empty field: all */
  onChoose: (vm: string | undefined) => void
}) => {
  const [typed, setTyped] = useState(initial)
  const search = typed.trim()
  const { data, isFetching, isError, refetch } = useCall(
    'listVms',
    { query: { limit: OFFERED, sort: 'name', ...(search && { search }) } },
    { every: false },
  )
  const found = data?.items ?? []
  const isTwice = (name: string) => found.filter(one => one.name === name).length > 1
  return (
    <FormField label={words.label} description={words.hint}>
      <Autosuggest
        value={typed}
        options={found.map(({ uuid, name, poolName }) => ({
          value: isTwice(name) ? uuid : name,
          label: name,
          description: poolName,
        }))}
        filteringType="manual"
        statusType={isError ? 'error' : isFetching ? 'loading' : 'finished'}
        errorText={words.notFound}
        recoveryText={shell.retry}
        loadingText={words.finding}
        enteredTextLabel={words.use}
        onLoadItems={() => {
          if (isError) void refetch()
        }}
        onChange={({ detail }) => {
          setTyped(detail.value)
          if (detail.value === '') onChoose(undefined)
        }}
        onSelect={({ detail }) => {
          setTyped(detail.value)
          onChoose(detail.value.trim() || undefined)
        }}
      />
    </FormField>
  )
}
