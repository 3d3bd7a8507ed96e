import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { defineReplica as words } from '../../text/replication.ts'
import { shell } from '../../text/shell.ts'
import type { Definition } from './definition.ts'
import { problemsOf, requestOf } from './definition.ts'
import { HowFields } from './how-fields.tsx'
import { Preview } from './preview.tsx'
import { WhereFields } from './where-fields.tsx'

/** Asks what a standby needs, shows what it will do, and keeps it. */
export const DefinitionForm = ({
  title,
  begin,
  known,
}: {
  title: string
  begin: Definition
  /** The VM of a standby that is there: it stays, as its pool does. */
  known?: { replicaId: string; vmName: string }
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const { tell } = useNotices()
  const [said, say] = useState(begin)
  const [vmName, setVmName] = useState(known?.vmName ?? '')
  const change = (members: Partial<Definition>) => say(before => ({ ...before, ...members }))
  const problems = problemsOf(said)
  const request = requestOf(said)
  const save = useDeed('putReplica', {
    onDone: ({ replicaId }) => {
      const name = vmName || said.vm
      tell({ type: 'success', content: known ? words.changed(name) : words.done(name) })
      go(`/replication/${replicaId}`)
    },
  })
  const fields = { said, change, problems }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (request && !save.isPending) save.mutate({ body: request })
      }}
    >
      <Form
        header={<Header variant="h1">{title}</Header>}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              variant="link"
              formAction="none"
              onClick={() => go(known ? `/replication/${known.replicaId}` : '/replication')}
            >
              {shell.cancel}
            </Button>
            <Button
              variant="primary"
              disabled={request === undefined}
              loading={save.isPending}
              {...may('putReplica')}
            >
              {known ? words.saveEdit : words.save}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {save.error !== null && <ProblemAlert error={save.error} />}
          <Container header={<Header variant="h2">{words.what}</Header>}>
            <WhereFields {...fields} known={known} onName={setVmName} />
          </Container>
          <Container header={<Header variant="h2">{words.how}</Header>}>
            <HowFields {...fields} />
          </Container>
          <Container header={<Header variant="h2">{words.preview}</Header>}>
            <Preview request={request} />
          </Container>
        </SpaceBetween>
      </Form>
    </form>
  )
}
