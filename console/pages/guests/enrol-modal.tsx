import Box from '@cloudscape-design/components/box'
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useState } from 'react'
import { type Reply, useCall, useDeed } from '../../api/use-call.ts'
import { CloseModal } from '../../components/close-modal.tsx'
import { FormModal } from '../../components/form-modal.tsx'
import { Time } from '../../components/time.tsx'
import { VmChoice } from '../../components/vm-choice.tsx'
import { enrolGuest as words } from '../../text/guests.ts'
import {
  type Enrolment,
  linuxEnrolment,
  linuxSettings,
  windowsEnrolment,
  windowsSettings,
} from './enrol-commands.ts'
import './commands.css'

/** Asks which machine it is, makes a code, and tells what is typed there. */
export const EnrolModal = ({ onClose }: { onClose: () => void }) => {
  const [vmUuid, setVm] = useState('')
  const [name, setName] = useState('')
  const { mutate, data, error, isPending } = useDeed('createEnrolmentCode')
  const called = name.trim()
  if (data) return <Made made={data} {...(called !== '' && { name: called })} onClose={onClose} />
  const guest = { ...(vmUuid !== '' && { vmUuid }), ...(called !== '' && { name: called }) }
  return (
    <FormModal
      title={words.title}
      action={words.make}
      ready
      busy={isPending}
      error={error}
      onSubmit={() => mutate({ body: { for: { guest } } })}
      onCancel={onClose}
    >
      <Box variant="p">{words.what}</Box>
      <VmChoice label={words.vm} hint={words.vmHint} optional onChoose={setVm} />
      <FormField label={words.name} constraintText={words.nameHint}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      {vmUuid === '' && <Box color="text-body-secondary">{words.noVm}</Box>}
    </FormModal>
  )
}

const Made = ({
  made: { code, validUntil },
  name,
  onClose,
}: {
  made: Reply<'createEnrolmentCode'>
  name?: string
  onClose: () => void
}) => {
  const repository = useCall('getRepository', {}, { every: false }).data?.address
  const enrolment = { code, control: location.origin, repository: repository || undefined, name }
  return (
    <CloseModal title={words.title} size="large" onClose={onClose}>
      <SpaceBetween size="m">
        <div>
          <Box variant="awsui-key-label">{words.code}</Box>
          <CopyToClipboard
            variant="inline"
            textToCopy={code}
            copyButtonAriaLabel={words.copyCode}
            copySuccessText={words.copied}
            copyErrorText={words.notCopied}
          />
        </div>
        <Box variant="p">
          {words.once} {words.until} <Time at={validUntil} />.
        </Box>
        <Tabs
          tabs={[
            {
              ...{ id: 'linux', label: words.linux },
              content: (
                <Commands
                  what={words.linuxWhat}
                  of={enrolment}
                  by={[linuxSettings, linuxEnrolment]}
                />
              ),
            },
            {
              ...{ id: 'windows', label: words.windows },
              content: (
                <Commands
                  what={words.windowsWhat}
                  of={enrolment}
                  by={[windowsSettings, windowsEnrolment]}
                />
              ),
            },
          ]}
        />
      </SpaceBetween>
    </CloseModal>
  )
}

const Commands = ({
  what,
  of,
  by: [settings, enrol],
}: {
  what: string
  of: Enrolment
  by: readonly [(of: Enrolment) => string, (of: Enrolment) => string]
}) => (
  <SpaceBetween size="s">
    <Box color="text-body-secondary">{what}</Box>
    <Command title={words.settings} text={settings(of)} />
    <Command title={words.enrolment} text={enrol(of)} />
  </SpaceBetween>
)

const Command = ({ title, text }: { title: string; text: string }) => (
  <div>
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      <Box variant="awsui-key-label">{title}</Box>
      <CopyToClipboard
        variant="icon"
        textToCopy={text}
        copyButtonAriaLabel={words.copy(title)}
        copySuccessText={words.copied}
        copyErrorText={words.notCopied}
      />
    </SpaceBetween>
    <pre className="commands">{text}</pre>
  </div>
)
