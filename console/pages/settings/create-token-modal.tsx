import Alert from '@cloudscape-design/components/alert'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { Role } from '#core/contracts/routes/route.ts'
import { timeNow } from '../../api/clock.ts'
import { useDeed } from '../../api/use-call.ts'
import { CloseModal } from '../../components/close-modal.tsx'
import { FormModal } from '../../components/form-modal.tsx'
import { settings } from '../../text/settings.ts'
import { shell } from '../../text/shell.ts'

const words = settings.creation
const DAY_MS = 86_400_000
/** As the command line has it. */
const MOST_DAYS = 3_650

const ROLES = Role.options.map(value => ({
  value,
  label: shell.roles[value],
  description: words.roleHints[value],
}))

export const CreateTokenModal = ({ onClose }: { onClose: () => void }) => {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState('')
  const create = useDeed('createToken')
  if (create.data) return <Shown token={create.data.token} onClose={onClose} />
  const count = Number(days)
  const isSpan = days === '' || (Number.isInteger(count) && count > 0 && count <= MOST_DAYS)
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={name.trim() !== '' && isSpan}
      busy={create.isPending}
      error={create.error}
      onSubmit={() => {
        const expires = days === '' ? {} : { expires: timeNow() + count * DAY_MS }
        create.mutate({ body: { name: name.trim(), role, ...expires } })
      }}
      onCancel={onClose}
    >
      <FormField label={words.name} description={words.nameHint}>
        <Input
          value={name}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setName(detail.value)}
        />
      </FormField>
      <FormField label={words.role}>
        <RadioGroup
          value={role}
          items={ROLES}
          onChange={({ detail }) => setRole(detail.value as Role)}
        />
      </FormField>
      <FormField label={words.days} description={words.daysHint}>
        <Input type="number" value={days} onChange={({ detail }) => setDays(detail.value)} />
      </FormField>
    </FormModal>
  )
}

const Shown = ({ token, onClose }: { token: string; onClose: () => void }) => (
  <CloseModal title={words.title} onClose={onClose}>
    <SpaceBetween size="m">
      <Alert type="warning">{words.once}</Alert>
      <CopyToClipboard
        variant="inline"
        textToCopy={token}
        copyButtonAriaLabel={words.copy}
        copySuccessText={words.copied}
        copyErrorText={words.notCopied}
      />
    </SpaceBetween>
  </CloseModal>
)
