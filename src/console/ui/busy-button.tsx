import { Button, type ButtonProps } from '@mantine/core';
import { type ComponentProps, useLayoutEffect, useRef } from 'react';

type Props = ButtonProps & Omit<ComponentProps<'button'>, keyof ButtonProps | 'ref'> & { isBusy: boolean };

/** A button that cannot be pressed while it is busy. Browsers take the focus from it then: it gets that back, unless it went elsewhere. */
export function BusyButton({ isBusy, ...props }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    if (isBusy) hadFocus.current = document.activeElement === button.current;
    else if (hadFocus.current && document.activeElement === document.body) button.current?.focus();
  }, [isBusy]);
  return <Button ref={button} loading={isBusy} {...props} />;
}
