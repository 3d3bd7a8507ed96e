import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Textarea from '@cloudscape-design/components/textarea'
import { useState } from 'react'
import type { SiteStepView } from '#core/contracts/site-restores-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { siteRestore as words } from '../../text/sites.ts'
import { Sentences } from './sentences.tsx'
import type { StepCommand } from './step-commands.ts'

/** Asks what has to be known or confirmed before a step is started, said to be done or left out. */
export const StepModal = ({
  restoreId,
  step: { number, title, does, dangers, confirm, kind, optional, state, line },
  command,
  onClose,
}: {
  restoreId: string
  step: SiteStepView
  command: StepCommand
  onClose: () => void
}) => {
  const [because, say] = useState('')
  const [confirmed, setConfirmed] = useState(false)
  const { ask, dialogue } = useAskedDeed('stepSiteRestore', {
    told: ({ runId }) =>
      command === 'confirm' && runId !== undefined ? words.goesOn : words.told[command],
    onClose,
  })
  const goesOn = state === 'action-required'
  const asksWhy =
    (command === 'skip' && !optional) || (command === 'confirm' && kind === 'automatic' && !goesOn)
  const asksToConfirm =
    confirm !== undefined && (command === 'start' || (command === 'confirm' && kind === 'manual'))
  const why = because.trim()
  return (
    <FormModal
      {...dialogue}
      title={words.titles[command](title)}
      action={words.commands[command]}
      ready={(!asksWhy || why !== '') && (!asksToConfirm || confirmed)}
      onSubmit={() =>
        ask({
          params: { restoreId },
          body: { step: number, command, ...(why !== '' && { because: why }) },
        })
      }
    >
      <Sentences texts={goesOn && line !== undefined ? [line] : does} />
      {command !== 'again' && <Sentences title={words.dangers} texts={dangers} />}
      {asksToConfirm && (
        <Checkbox
          checked={confirmed}
          description={confirm}
          onChange={({ detail }) => setConfirmed(detail.checked)}
        >
          {words.confirms}
        </Checkbox>
      )}
      {(asksWhy || command === 'skip') && (
        <FormField label={words.because} description={words.becauseHint}>
          <Textarea
            value={because}
            ariaRequired={asksWhy}
            rows={2}
            onChange={({ detail }) => say(detail.value)}
          />
        </FormField>
      )}
    </FormModal>
  )
}
