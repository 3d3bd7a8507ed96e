import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import { useState } from 'react'
import { PlaceHold } from '../../components/holds/place-hold.tsx'
import { VmChoice } from '../../components/vm-choice.tsx'
import { holds } from '../../text/holds.ts'
import { repository } from '../../text/repository.ts'

const words = repository.holds.choosing

export const PlaceHoldModal = ({ onClose }: { onClose: () => void }) => {
  const [of, setOf] = useState<'vm' | 'point'>('vm')
  const [vmUuid, setVmUuid] = useState('')
  const [pointText, setPointText] = useState('')
  const pointId = pointText.trim().toUpperCase()
  const chosen = of === 'vm' ? vmUuid && { vmUuid } : pointId && { pointId }
  const choice = (
    <>
      <FormField label={words.of}>
        <RadioGroup
          value={of}
          ariaLabel={words.of}
          items={[
            { value: 'vm', label: words.ofVm },
            { value: 'point', label: words.ofPoint },
          ]}
          onChange={({ detail }) => setOf(detail.value === 'point' ? 'point' : 'vm')}
        />
      </FormField>
      {of === 'vm' ? (
        <VmChoice label={words.vm} hint={words.vmHint} onChoose={setVmUuid} />
      ) : (
        <FormField label={words.point} constraintText={words.pointHint}>
          <Input
            value={pointText}
            ariaRequired
            onChange={({ detail }) => setPointText(detail.value)}
          />
        </FormField>
      )}
    </>
  )
  return (
    <PlaceHold
      on={chosen || undefined}
      title={holds.place.title}
      choice={choice}
      onClose={onClose}
    />
  )
}
