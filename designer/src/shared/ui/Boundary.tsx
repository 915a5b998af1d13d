/** Keeps a part that cannot be drawn from taking the whole page with it. */

import { Component, type ReactNode } from "react";

interface Props {
  /** What is shown in place of the part. */
  fallback: (error: unknown) => ReactNode;
  /** What the part shows: for another one it is drawn again. */
  of: unknown;
  children: ReactNode;
}

interface State {
  failure: { error: unknown } | null;
}

export class Boundary extends Component<Props, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { error } };
  }

  override componentDidUpdate(before: Props): void {
    if (before.of !== this.props.of && this.state.failure !== null) {
      this.setState({ failure: null });
    }
  }

  override render(): ReactNode {
    const { failure } = this.state;
    return failure === null ? this.props.children : this.props.fallback(failure.error);
  }
}
