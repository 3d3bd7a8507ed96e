import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { Time } from '../../components/time.tsx'
import { vm } from '../../text/vm.ts'

const words = vm.acknowledging

/** Somebody says why a point is unusual. */
export const AcknowledgeModal = ({
  pointId,
  taken,
  onClose,
}: {
  pointId: string
  taken: number
  onClose: () => void
}) => {
  const [because, setBecause] = useState('')
  const { ask, dialogue } = useAskedDeed('acknowledgeChange', {
    told: () => words.done,
    onClose,
  })
  return (
    <FormModal
      title={words.title}
      action={words.submit}
      ready={because.trim() !== ''}
      {...dialogue}
      onSubmit={() => ask({ params: { pointId }, body: { because } })}
    >
      <Box variant="p">
        {vm.ofPoint} <Time at={taken} />. {words.what}
      </Box>
      <FormField label={words.reason} description={words.reasonHint}>
        <Input
          value={because}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setBecause(detail.value)}
        />
      </FormField>
    </FormModal>
  )
}
