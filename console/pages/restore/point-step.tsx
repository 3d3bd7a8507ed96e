import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { VmSearch } from '../../components/vm-search.tsx'
import type { StepProps } from './draft.ts'
import { PointList } from './point-list.tsx'

/** Which virtual machine, and as it was when. */
export const PointStep = ({ draft, change, problem }: StepProps) => {
  const [vm, setVm] = useState(draft.point?.vmUuid)
  return (
    <Container>
      <SpaceBetween size="l">
        <VmSearch initial={draft.point?.vmName ?? ''} onChoose={setVm} />
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
