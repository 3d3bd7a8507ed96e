import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { RetentionCalendar } from '../../components/retention-calendar/lazy.tsx'
import { policies } from '../../text/policies.ts'
import { listing } from '../../text/shell.ts'

const words = policies.page
const OFFERED = 50

/** The points that it made of one of its VMs, as a calendar. */
export const PolicyKept = ({ policyId }: { policyId: string }) => {
  const [search, setSearch] = useState('')
  const [chosen, choose] = useState<string>()
  const vms = useCall('listVms', {
    query: {
      ...{ policy: policyId, limit: OFFERED, sort: 'name' as const },
      ...(search.trim() && { search: search.trim() }),
    },
  })
  const options = (vms.data?.items ?? []).map(({ uuid, name, poolName }) => ({
    value: uuid,
    label: name,
    description: poolName,
  }))
  const vm = chosen ?? options[0]?.value
  return (
    <SpaceBetween size="m">
      <FormField label={words.vm}>
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === vm) ?? (vm ? { value: vm } : null)}
          placeholder={words.chooseVm}
          filteringType="manual"
          filteringPlaceholder={words.findVm}
          filteringAriaLabel={words.findVm}
          statusType={vms.isError ? 'error' : vms.isPending ? 'loading' : 'finished'}
          finishedText={vms.data?.next === undefined ? undefined : words.moreVms}
          empty={words.noVms}
          onLoadItems={({ detail }) => setSearch(detail.filteringText)}
          onChange={({ detail }) => choose(detail.selectedOption.value)}
        />
      </FormField>
      {vms.error && <ProblemAlert error={vms.error} onRetry={() => void vms.refetch()} />}
      {vm !== undefined && <KeptOf policyId={policyId} vm={vm} />}
    </SpaceBetween>
  )
}

const KeptOf = ({ policyId, vm }: { policyId: string; vm: string }) => {
  const { data, error, refetch } = useCall(
    'getKeptPoints',
    { params: { policyId }, query: { vm } },
    { every: false },
  )
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (!data) return <StatusIndicator type="loading">{listing.loading}</StatusIndicator>
  const { points, timeZone } = data
  if (points.length === 0) return <Box color="text-body-secondary">{words.noPoints}</Box>
  const kept = points.filter(({ keep }) => keep).length
  return (
    <SpaceBetween size="m">
      <Box>{words.keptOf(kept, points.length)}</Box>
      <RetentionCalendar points={points} timeZone={timeZone} />
    </SpaceBetween>
  )
}
