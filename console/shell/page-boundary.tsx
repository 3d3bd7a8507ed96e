import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Component, type ReactNode } from 'react'
import { shell } from '../text/shell.ts'

/** Keeps a page that throws from taking the frame with it. React knows no other form of this than a class. */
export class PageBoundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {}

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (!('error' in this.state)) return this.props.children
    const { error } = this.state
    return (
      <SpaceBetween size="m">
        <Header variant="h1">{shell.pageBroke}</Header>
        <Alert
          type="error"
          action={<Button onClick={() => location.reload()}>{shell.loadAgain}</Button>}
        >
          {shell.pageBrokeAdvice} ({error instanceof Error ? error.message : String(error)})
        </Alert>
      </SpaceBetween>
    )
  }
}
