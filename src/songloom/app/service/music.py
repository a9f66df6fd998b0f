"""The routes that ask for music: models, estimates, jobs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from songloom.app.job_music import Music
from songloom.app.job_store import ENDED, Job, State
from songloom.app.service import told
from songloom.app.service.asked import Again, Identity, Wish
from songloom.app.service.state import Service, owner_of

NOT_THERE: dict[int | str, dict[str, Any]] = {404: {"model": told.Problem}}
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": told.Problem}}


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["music"])
    queue = service.queue

    def shown(job: Job) -> told.ToldJob:
        return told.job(job, service.models(job.owner))

    @router.get("/models")
    def every_model(request: Request) -> list[told.ToldModel]:
        """The models, and the controls that each uses."""
        return [told.model(one) for one in service.models(owner_of(request)).values()]

    @router.post("/estimate")
    def estimate(request: Request, wish: Wish) -> told.ToldEstimate:
        """What a job would take; what would never be taken is refused."""
        task = service.task(wish, owner_of(request))
        return told.estimate(queue.checked(task), task.request.seconds)

    @router.post("/jobs", status_code=202)
    def submit(request: Request, wish: Wish, response: Response) -> told.ToldJob:
        """Queues music to be made."""
        owner = owner_of(request)
        job = queue.submit(service.task(wish, owner), owner=owner)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return shown(job)

    @router.post("/jobs/{identity}/again", status_code=202, responses=NOT_THERE | CONFLICT)
    def again(request: Request, identity: Identity, other: Again, response: Response) -> told.ToldJob:
        """Queues the music of a job once more under other seeds, with the sounds and curves that it had."""
        owner = owner_of(request)
        job = service.job(identity, owner)
        if job.task["kind"] != Music.kind:
            raise HTTPException(409, f"job {identity} makes no music")
        made = queue.submit(service.task_again(job, other.seed, other.candidates), owner=owner)
        response.headers["Location"] = f"/v1/jobs/{made.id}"
        return shown(made)

    @router.get("/jobs")
    def history(
        request: Request,
        state: State | None = None,
        kind: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[told.ToldJob]:
        """Jobs, the latest first."""
        owner = owner_of(request)
        models = service.models(owner)
        return [told.job(job, models) for job in queue.jobs(state, owner, limit, kind)]

    @router.get("/jobs/{identity}", responses=NOT_THERE)
    def one_job(request: Request, identity: Identity) -> told.ToldJob:
        """A job as it stands."""
        return shown(service.job(identity, owner_of(request)))

    @router.post("/jobs/{identity}/cancel", responses=NOT_THERE)
    def cancel(request: Request, identity: Identity) -> told.ToldJob:
        """Ends a job that waits at once, and one that runs soon; one that has ended stays as it is."""
        owner = owner_of(request)
        service.job(identity, owner)
        queue.cancel(identity)
        return shown(service.job(identity, owner))

    @router.delete("/jobs/{identity}", status_code=204, responses=NOT_THERE | CONFLICT)
    def delete(request: Request, identity: Identity) -> Response:
        """Forgets a job that has ended, with its files."""
        if service.job(identity, owner_of(request)).state not in ENDED:
            raise HTTPException(409, f"job {identity} has not ended; cancel it first")
        queue.delete(identity)
        return Response(status_code=204)

    return router
