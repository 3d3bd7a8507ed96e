import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { ChannelView, NotificationSettings } from '#core/contracts/channels-api.ts'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { notifications } from '../../text/notifications.ts'
import { ReportsEditor } from './reports-editor.tsx'
import { RulesEditor } from './rules-editor.tsx'

const words = notifications.settings

/** What was typed stays until it is saved or undone, whatever others save meanwhile; that they did is said. */
export const SettingsForm = ({
  saved,
  channels,
}: {
  saved: NotificationSettings
  channels: readonly ChannelView[]
}) => {
  const { tell } = useNotices()
  const may = useMay()('putNotificationSettings')
  const [edited, setEdited] = useState<{ from: string; draft: NotificationSettings }>()
  const put = useDeed('putNotificationSettings', {
    onDone: () => {
      setEdited(undefined)
      tell({ type: 'success', content: words.saved })
    },
  })
  const now = JSON.stringify(saved)
  const draft = edited?.draft ?? saved
  const change = (part: Partial<NotificationSettings>) =>
    setEdited({ from: edited?.from ?? now, draft: { ...draft, ...part } })
  const minutes = (of: 'repeatAfterMinutes' | 'gatewaySilentMinutes') => (
    <FormField label={words[of]}>
      <Input
        type="number"
        value={String(draft[of])}
        readOnly={may.disabled === true}
        onChange={({ detail }) => change({ [of]: Number(detail.value) })}
      />
    </FormField>
  )
  return (
    <SpaceBetween size="l">
      {put.error !== null && <ProblemAlert error={put.error} />}
      {edited && edited.from !== now && <Alert type="warning">{words.changed}</Alert>}
      <RulesEditor
        rules={draft.rules}
        channels={channels}
        disabled={may.disabled === true}
        onChange={rules => change({ rules })}
      />
      <ReportsEditor
        reports={draft.reports}
        timeZone={draft.timeZone}
        channels={channels}
        disabled={may.disabled === true}
        onChange={reports => change({ reports })}
      />
      <Container header={<Header variant="h2">{words.others}</Header>}>
        <SpaceBetween size="m">
          <FormField label={words.timeZone}>
            <Input
              value={draft.timeZone}
              readOnly={may.disabled === true}
              onChange={({ detail }) => change({ timeZone: detail.value })}
            />
          </FormField>
          {minutes('repeatAfterMinutes')}
          {minutes('gatewaySilentMinutes')}
          <FormField label={words.consoleUrl}>
            <Input
              value={draft.consoleUrl ?? ''}
              readOnly={may.disabled === true}
              placeholder={words.none}
              onChange={({ detail: { value } }) =>
                change({ consoleUrl: value === '' ? undefined : value })
              }
            />
          </FormField>
        </SpaceBetween>
      </Container>
      <SpaceBetween direction="horizontal" size="xs">
        <Button
          variant="primary"
          loading={put.isPending}
          {...(may.disabled ? may : { disabled: !edited })}
          onClick={() => put.mutate({ body: draft })}
        >
          {words.save}
        </Button>
        {edited && <Button onClick={() => setEdited(undefined)}>{words.undo}</Button>}
      </SpaceBetween>
    </SpaceBetween>
  )
}
