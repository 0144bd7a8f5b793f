# Every target is one command of the workbench: python3 -m tests.workbench --help
PYTHON ?= python3
WORKBENCH = $(PYTHON) -m tests.workbench

.DEFAULT_GOAL := help
.PHONY: help demo test bench faults fuzz lint docs pictures pot up down serve clean

help: ## this list
	@$(WORKBENCH) --help

demo: ## the addon's main job on real parts, in front of your eyes
	@$(WORKBENCH) demo

test: ## every test, none skipped, with coverage
	@$(WORKBENCH) test

bench: ## the figures, measured against a bare Odoo
	@$(WORKBENCH) bench

faults: ## a thousand kills and more: the tests of make test, in full
	@$(WORKBENCH) test faults full

fuzz: ## a hundred thousand odd bodies to a running Odoo
	@$(WORKBENCH) test fuzz full

lint: ## ruff, pylint-odoo and OCA's hooks
	@$(WORKBENCH) lint

docs: ## write the pages that are made from the addon's tables
	@$(WORKBENCH) docs

pot: ## the template of translations anew, and every language brought to it
	@$(WORKBENCH) pot

pictures: ## take the pictures of the documents anew
	@$(WORKBENCH) pictures

up: ## bring everything up and leave PostgreSQL running
	@$(WORKBENCH) up

down: ## stop the PostgreSQL that `up` left running
	@$(WORKBENCH) down

serve: ## Odoo with the addon, for a browser
	@$(WORKBENCH) serve

clean: ## delete everything that the workbench made
	@$(WORKBENCH) clean
