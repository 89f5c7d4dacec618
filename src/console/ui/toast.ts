import { notifications } from '@mantine/notifications';

const READABLE_MS = 6_000;
const CLOSE = { closeButtonProps: { 'aria-label': 'Close' } };

/** Says that an action was done, and on what. */
export function tellDone(message: string): void {
  notifications.show({ ...CLOSE, message, color: 'accent', autoClose: READABLE_MS, role: 'status' });
}

/** Says that something did not work. It stays until it is closed. */
export function tellFailure(message: string): void {
  notifications.show({ ...CLOSE, message, color: 'danger', autoClose: false, role: 'alert' });
}
