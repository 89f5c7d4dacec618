import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { Nothing } from './states';

interface BoundaryProps {
  children: ReactNode;
  /** Puts what is said of a failure where it is seen. */
  frame?: (broken: ReactNode) => ReactNode;
}

/**
 * Keeps a part of the page that fails from taking the rest with it. What fails is mostly the loading of a part: the server is
 * away, or has a newer release, whose page has to be loaded first. With another key it is tried anew.
 */
export class Boundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override state = { hasFailed: false };

  override render() {
    const { children, frame = (broken) => broken } = this.props;
    return this.state.hasFailed ? frame(<Broken />) : children;
  }
}

function Broken() {
  const reload = <Button onClick={() => location.reload()}>Reload the page</Button>;
  return (
    <Nothing isPage title="This part of the page could not be loaded" action={reload}>
      The server may be away, or was just replaced by a newer release. Nothing was changed.
    </Nothing>
  );
}
