import Autosuggest from '@cloudscape-design/components/autosuggest'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useCall } from '../../api/use-call.ts'
import { restore } from '../../text/restore.ts'
import type { StepProps } from './draft.ts'
import { PointList } from './point-list.tsx'

const words = restore.point
const OFFERED = 50

/** Which virtual machine, and as it was when. */
export const PointStep = ({ draft, change, problem }: StepProps) => {
  const [typed, setTyped] = useState(draft.point?.vmName ?? '')
  const [vm, setVm] = useState(draft.point?.vmUuid)
  const search = typed.trim()
  const { data, isFetching } = useCall(
    'listVms',
    { query: { limit: OFFERED, sort: 'name', ...(search && { search }) } },
    { every: false },
  )
  const found = data?.items ?? []
  const isTwice = (name: string) => found.filter(one => one.name === name).length > 1
  const choose = (value: string) => {
    setTyped(value)
    setVm(value.trim() || undefined)
  }
  return (
    <Container>
      <SpaceBetween size="l">
        <FormField label={words.vm} description={words.vmHint}>
          <Autosuggest
            value={typed}
            options={found.map(({ uuid, name, poolName }) => ({
              value: isTwice(name) ? uuid : name,
              label: name,
              description: poolName,
            }))}
            filteringType="manual"
            statusType={isFetching ? 'loading' : 'finished'}
            loadingText={words.finding}
            enteredTextLabel={words.use}
            onChange={({ detail }) => {
              setTyped(detail.value)
              if (detail.value === '') setVm(undefined)
            }}
            onSelect={({ detail }) => choose(detail.value)}
          />
        </FormField>
        <FormField errorText={problem('point')} stretch>
          <PointList
            vm={vm}
            chosen={draft.point}
            onChoose={point => change({ point, disks: [] })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  )
}
