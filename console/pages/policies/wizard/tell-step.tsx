import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { EventKind, type NotifyRule } from '#core/contracts/notifications.ts'
import { usePages } from '../../../api/use-pages.ts'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { tell as words } from '../../../text/policy-wizard/tell.ts'
import type { StepProps } from './draft.ts'

const EVENTS = EventKind.options.map(value => ({ value, label: words.eventNames[value] }))
const MOST = 50

/** Who hears of what comes of this policy. */
export const TellStep = ({ draft: { notify }, change, problem }: StepProps) => {
  const { items = [], error, retry } = usePages('listChannels', {}, { limit: 400 })
  const channels = items.map(({ channelId, name }) => ({ value: channelId, label: name }))
  const channelOf = (id: string) =>
    channels.find(({ value }) => value === id) ?? { value: id, label: id }
  const set = (index: number, members: Partial<NotifyRule>) =>
    change({
      notify: notify.map((rule, other) => (other === index ? { ...rule, ...members } : rule)),
    })
  const wrong = (index: number) =>
    problem(`notify.${index}.events`) ?? problem(`notify.${index}.channelIds`)
  return (
    <Container
      header={
        <Header variant="h2" description={words.hint}>
          {words.rules}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {error !== null && error !== undefined && <ProblemAlert error={error} onRetry={retry} />}
        {notify.length === 0 && <Box color="text-body-secondary">{words.none}</Box>}
        {notify.map((rule, index) => (
          <Container
            // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name and hold nothing of their own
            key={index}
            header={
              <Header
                variant="h3"
                actions={
                  <Button
                    iconName="remove"
                    variant="icon"
                    ariaLabel={words.remove(index + 1)}
                    onClick={() => change({ notify: notify.filter((_, other) => other !== index) })}
                  />
                }
              >
                {words.rule(index + 1)}
              </Header>
            }
          >
            <ColumnLayout columns={2}>
              <FormField label={words.events} errorText={wrong(index)}>
                <Multiselect
                  options={EVENTS}
                  selectedOptions={EVENTS.filter(({ value }) => rule.events.includes(value))}
                  placeholder={words.chooseEvents}
                  onChange={({ detail }) =>
                    set(index, {
                      events: EventKind.options.filter(kind =>
                        detail.selectedOptions.some(({ value }) => value === kind),
                      ),
                    })
                  }
                />
              </FormField>
              <FormField label={words.channels}>
                <Multiselect
                  options={channels}
                  selectedOptions={rule.channelIds.map(channelOf)}
                  placeholder={words.chooseChannels}
                  empty={words.noChannels}
                  onChange={({ detail }) =>
                    set(index, {
                      channelIds: detail.selectedOptions.flatMap(({ value }) => value ?? []),
                    })
                  }
                />
              </FormField>
            </ColumnLayout>
          </Container>
        ))}
        <Button
          iconName="add-plus"
          disabled={notify.length >= MOST}
          onClick={() =>
            change({
              notify: [
                ...notify,
                { events: ['run-failed', 'run-warning', 'schedule-missed'], channelIds: [] },
              ],
            })
          }
        >
          {words.add}
        </Button>
      </SpaceBetween>
    </Container>
  )
}
